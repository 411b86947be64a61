"""Checks EWS answers against the vendor's schema (tests/fixtures/ews/schema)."""

import pathlib
import re
import tempfile

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "ews" / "schema"
NAMESPACE = "http://schemas.microsoft.com/exchange/services/2006/"


def load(folder=FOLDER):
    """The schema is cut into files that include each other in circles: joins them into one per namespace."""
    parts = {"types": [], "messages": []}
    for path in sorted(folder.glob("*.xsd")):
        root = etree.parse(path).getroot()
        kind = root.get("targetNamespace").rsplit("/", 1)[-1]
        for child in root:
            if isinstance(child.tag, str) and child.tag not in (f"{{{XS}}}include", f"{{{XS}}}import"):
                parts[kind].append((child.tag, child.get("name"), etree.tostring(child, encoding="unicode")))
    with tempfile.TemporaryDirectory() as work:
        for kind, children in parts.items():
            seen, body = set(), []
            for tag, name, text in children:
                if (tag, name) not in seen:
                    seen.add((tag, name))
                    body.append(text)
            imported = ""
            if kind == "messages":
                imported = f'<xs:import namespace="{NAMESPACE}types" schemaLocation="types.xsd"/>'
            imported += '<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>'
            pathlib.Path(work, f"{kind}.xsd").write_text(
                f'<xs:schema xmlns:xs="{XS}" xmlns:t="{NAMESPACE}types" xmlns:m="{NAMESPACE}messages" '
                f'xmlns="{NAMESPACE}{kind}" targetNamespace="{NAMESPACE}{kind}" elementFormDefault="qualified">'
                f"{imported}{''.join(body)}</xs:schema>"
            )
        pathlib.Path(work, "xml.xsd").write_text(
            f'<xs:schema xmlns:xs="{XS}" targetNamespace="http://www.w3.org/XML/1998/namespace">'
            '<xs:attribute name="lang" type="xs:string"/></xs:schema>'
        )
        return etree.XMLSchema(etree.parse(str(pathlib.Path(work, "messages.xsd"))))


# Where the schema, as published, is at odds with the vendor's own examples and servers, which every client follows.
TOLERATED = (
    # Examples and servers wrap this answer in ResponseMessages like all others.
    "GetUserConfigurationResponse: ",
    # Examples and servers put these into the messages namespace.
    "GetStreamingEventsResponse: Element '{" + NAMESPACE + "messages}Notification'",
)


class Checker:
    """Collects what the schema objects to, by operation."""

    def __init__(self):
        self.schema = load()
        self.checked = 0
        self.objections = {}

    def check(self, content):
        for envelope in re.findall(rb"<s:Envelope.*?</s:Envelope>", content, re.DOTALL):
            body = etree.fromstring(envelope).find(f"{SOAP}Body")
            for answer in body:
                if answer.tag.startswith(SOAP):
                    continue
                self.checked += 1
                document = etree.fromstring(etree.tostring(answer))
                if not self.schema.validate(document):
                    for error in self.schema.error_log:
                        key = f"{etree.QName(answer).localname}: {error.message}"
                        if key.startswith(TOLERATED):
                            continue
                        self.objections.setdefault(key, envelope[:4000])
