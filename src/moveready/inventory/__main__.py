"""`python -m moveready.inventory`: print the JSON schema of an inventory file, as inventory/schema.json has it.

Runs when it is imported, as a `__main__` does.
"""

from __future__ import annotations

import json
import sys

from moveready.inventory import inventory_schema

sys.stdout.write(json.dumps(inventory_schema(), indent=2) + "\n")
