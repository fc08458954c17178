"""Makes signed zips as they were before `ca_info` existed."""

import base64
import json
import zipfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def without_ca_info(signed_zip, ca_key):
    """A copy of `signed_zip` whose signed.json lacks `ca_info`, signed again with the CA's key."""
    key = serialization.load_pem_private_key(ca_key.read_bytes(), None)
    with zipfile.ZipFile(signed_zip) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    approval = json.loads(members["signed.json"])
    del approval["ca_info"]
    members["signed.json"] = (json.dumps(approval, indent=2) + "\n").encode()
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = key.sign(members["signed.json"], scheme, hashes.SHA256())
    members["signed.json.sig"] = base64.b64encode(signature)
    older = signed_zip.with_name("older.signed.zip")
    with zipfile.ZipFile(older, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return older
