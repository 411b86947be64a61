#!/usr/bin/env python3
"""Prints the EWS id of a message of the first user's inbox; takes the line that `ssi-sandbox serve` prints."""
import base64
import json
import re
import sys
import urllib.request

world = json.loads(sys.argv[1])
user = world["users"][0]
soap = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
 xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
 <soap:Body><m:FindItem Traversal="Shallow">
  <m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>
   <t:FieldURI FieldURI="item:ItemClass"/></t:AdditionalProperties></m:ItemShape>
  <m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds>
 </m:FindItem></soap:Body></soap:Envelope>"""
sign_in = base64.b64encode(f'{user["login"]}:{user["password"]}'.encode()).decode()
request = urllib.request.Request(
    world["ews"],
    soap.encode(),
    {"Content-Type": "text/xml; charset=utf-8", "Authorization": f"Basic {sign_in}"},
)
answer = urllib.request.urlopen(request, timeout=30).read().decode()
for item in re.split(r"<t:Message>", answer)[1:]:
    if "<t:ItemClass>IPM.Note</t:ItemClass>" in item:
        print(re.search(r'<t:ItemId Id="([^"]+)"', item).group(1))
        break
else:
    sys.exit("no ordinary message in the inbox")
