"""Health check of a web container: exit 0 when it serves and reaches its database and Redis."""

import http.client
import os
import sys

host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
connection.request("GET", "/healthz/ready", headers={"Host": host})
sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
