"""Loads the plugin for a bare clone; nothing else.

Where moveready is installed, its entry points have loaded the plugin already, and pytest refuses `pytest_plugins` here
as soon as its root is another folder.
"""

from importlib.metadata import entry_points

if "moveready.plugin" not in entry_points(group="pytest11").names:
    pytest_plugins = ["moveready.plugin", "moveready.lab.plugin"]
