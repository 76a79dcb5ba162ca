"""Which servers to check and how to reach them: reads YAML files into a frozen `Inventory`.

    inventory = load_inventory(Path("inventory/prod.yaml"), os.environ)

`model` and `fix` have the values, `schema` the form of the files, and `load` turns files into values;
inventory/README.md describes the files for their authors.
"""

from __future__ import annotations

from moveready.inventory.credentials import Auth, Credential
from moveready.inventory.fix import FixPolicy, RestartKind, Weekday, Window
from moveready.inventory.load import fingerprint_of, load_inventory
from moveready.inventory.model import (
    ExchangeHost,
    Inventory,
    Organization,
    Phase,
    Ports,
    Server,
    Tls,
)
from moveready.inventory.schema import inventory_schema
from moveready.inventory.secrets import Secret
from moveready.inventory.waivers import Waiver

__all__ = [
    "Auth",
    "Credential",
    "ExchangeHost",
    "FixPolicy",
    "Inventory",
    "Organization",
    "Phase",
    "Ports",
    "RestartKind",
    "Secret",
    "Server",
    "Tls",
    "Waiver",
    "Weekday",
    "Window",
    "fingerprint_of",
    "inventory_schema",
    "load_inventory",
]
