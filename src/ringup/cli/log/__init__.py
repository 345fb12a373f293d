"""`ringup log` and its subcommands: the list of calls, and what can be told and made of a single one."""

from __future__ import annotations

from ringup.cli.log.cache import explain_cache
from ringup.cli.log.diff import diff
from ringup.cli.log.export import export
from ringup.cli.log.group import log
from ringup.cli.log.purge import purge
from ringup.cli.log.replay import replay
from ringup.cli.log.show import show

__all__ = ["log"]

for command in (show, diff, replay, export, explain_cache, purge):
    log.add_command(command)
