"""The stories need packages of npm, so only `make clients` collects them."""

import os

from tests.clients.scratch import SETTING

collect_ignore_glob = [] if os.environ.get(SETTING) else ["test_*.py"]
