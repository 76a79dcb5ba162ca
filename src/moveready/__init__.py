"""moveready: will every Exchange server's MRS Proxy answer when mailboxes move to Exchange Online?

The pytest plugin is `moveready.plugin`, the checks are `moveready.checks`, the simulated servers `moveready.lab`.
"""

from __future__ import annotations

__version__ = "0.1.0"
