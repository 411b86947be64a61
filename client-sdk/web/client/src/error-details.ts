// Reads the google.rpc messages that a refusal carries. Three small messages do not justify a copy of
// somebody else's .proto files, so they are read field by field.
// Format: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** One field at fault. */
export interface FieldViolation {
  /** Path of the field in the request, such as `linked_records[2]`. */
  readonly field: string;
  /** What is wrong with it, for a person. */
  readonly description: string;
}

/** What the details of one refusal say together. */
export interface ErrorDetails {
  /** The stable reason code, empty when the details hold none of ours. */
  reason: string;
  /** Values that belong to the reason. */
  metadata: Record<string, string>;
  /** The fields at fault. */
  fieldViolations: FieldViolation[];
  /** How long to wait at least before the call is repeated, in milliseconds. */
  retryAfterMs: number | undefined;
}

/** The domain of our reasons; a gateway may add an ErrorInfo of its own. */
const DOMAIN = "ssi.v1";

/** Reads what is known among the details; unknown kinds and broken bytes are passed over. */
export function readDetails(details: Iterable<{ type: string; value: Uint8Array }>): ErrorDetails {
  const found: ErrorDetails = {
    reason: "",
    metadata: {},
    fieldViolations: [],
    retryAfterMs: undefined,
  };
  for (const { type, value } of details) {
    try {
      readDetail(type, value, found);
    } catch {
      // A broken detail must not hide the status it came with.
    }
  }
  return found;
}

function readDetail(type: string, value: Uint8Array, found: ErrorDetails): void {
  switch (type) {
    case "google.rpc.ErrorInfo": {
      const info = readErrorInfo(value);
      if (info.domain === DOMAIN) {
        found.reason = info.reason;
        found.metadata = info.metadata;
      }
      break;
    }
    case "google.rpc.BadRequest":
      found.fieldViolations = fieldsOf(value)
        .filter((field) => field.number === 1)
        .map((field) => {
          const [name, description] = strings(field.bytes, 2);
          return { field: name ?? "", description: description ?? "" };
        });
      break;
    case "google.rpc.RetryInfo": {
      const delay = fieldsOf(value).find((field) => field.number === 1);
      if (delay !== undefined) {
        found.retryAfterMs = readDurationMs(delay.bytes);
      }
      break;
    }
    default:
      break;
  }
}

function readErrorInfo(value: Uint8Array): {
  reason: string;
  domain: string;
  metadata: Record<string, string>;
} {
  const [reason, domain] = strings(value, 2);
  const metadata: Record<string, string> = {};
  for (const field of fieldsOf(value)) {
    if (field.number === 3) {
      const [key, text] = strings(field.bytes, 2);
      Object.defineProperty(metadata, key ?? "", { value: text ?? "", enumerable: true });
    }
  }
  return { reason: reason ?? "", domain: domain ?? "", metadata };
}

/** The length-delimited fields of a message; all fields we read but those of a duration are such. */
function fieldsOf(value: Uint8Array): { number: number; bytes: Uint8Array }[] {
  const reader = new BinaryReader(value);
  const fields: { number: number; bytes: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) {
      fields.push({ number, bytes: reader.bytes() });
    } else {
      reader.skip(wireType, number);
    }
  }
  return fields;
}

/** The string fields with numbers 1 to `count`. */
function strings(value: Uint8Array, count: number): (string | undefined)[] {
  const found = new Array<string | undefined>(count).fill(undefined);
  for (const { number, bytes } of fieldsOf(value)) {
    if (number <= count) {
      found[number - 1] = new TextDecoder().decode(bytes);
    }
  }
  return found;
}

/** google.protobuf.Duration in milliseconds, rounded up: a wait is never shortened. */
function readDurationMs(value: Uint8Array): number {
  const reader = new BinaryReader(value);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.Varint) {
      seconds = Number(reader.int64());
    } else if (number === 2 && wireType === WireType.Varint) {
      nanos = reader.int32();
    } else {
      reader.skip(wireType, number);
    }
  }
  return Math.max(0, Math.ceil(seconds * 1000 + nanos / 1e6));
}
