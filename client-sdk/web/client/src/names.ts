// Resource names: `mailboxes/{address}`, `records/{kind}/{record}`. Inside a segment "%" and "/" are
// escaped and nothing else is.

/** Writes `mailboxes/{address}`, the address in lower case. */
export function mailboxName(address: string): string {
  return `mailboxes/${escapeSegment(address.toLowerCase())}`;
}

/** Writes the name that stands for the session running now, else the next one. */
export function currentSessionName(address: string): string {
  return `${mailboxName(address)}/sessions/-`;
}

function escapeSegment(segment: string): string {
  return segment.replaceAll("%", "%25").replaceAll("/", "%2F");
}
