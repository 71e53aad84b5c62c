"""Uploads a file with tuspy, as a program of somebody else would: the address where
uploads are begun or the upload's own, and how. Prints the upload's address, and the
offset after each request."""

import json
import sys

from tusclient import client

wanted = json.load(sys.stdin)
tus = client.TusClient(wanted["endpoint"], headers={"Cookie": wanted["cookie"]})
uploader = tus.uploader(
    wanted["file"],
    url=wanted.get("upload"),
    chunk_size=wanted["chunk"],
    metadata=wanted.get("metadata"),
    retries=40,
    retry_delay=0.5,
    upload_checksum=wanted["checksum"],
)
while uploader.offset < uploader.get_file_size():
    uploader.upload_chunk()
    print(json.dumps({"upload": uploader.url, "offset": uploader.offset}), flush=True)
print(json.dumps({"receipt": uploader.request.response_headers.get("kaibiao-receipt")}))
