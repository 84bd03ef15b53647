"""Bring one document home, politely and within limits.

Proxies come from the usual variables (`https_proxy`, `http_proxy`, `no_proxy`), and so does the file of trusted
certificates (`REQUESTS_CA_BUNDLE` or `SSL_CERT_FILE`); hosts named in `allow_hosts` are asked directly.
Behind a proxy only addresses written as numbers can be guarded here: names are resolved by the proxy, not by us.
"""

from watcher.fetch.conversation import fetch
from watcher.fetch.turns import fetch_all, fetch_then
from watcher.fetch.values import Fetched, Manners, Outcome, Unchanged

__all__ = ["Fetched", "Manners", "Outcome", "Unchanged", "fetch", "fetch_all", "fetch_then"]
