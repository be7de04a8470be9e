"""One call of the HTTP API over TLS. Prints the answer."""

import ssl
import sys
import urllib.request

base, authorities = sys.argv[1:]
context = ssl.create_default_context(cafile=authorities)
with urllib.request.urlopen(f"{base}/api/v1/namespaces/default/workflow-count", context=context) as response:
    print(response.status, response.read().decode())
