"""Imported once, by the process that nodes are forked from: what each would else load anew."""

import gc

import fakeredis
import sqlalchemy.dialects.sqlite.aiosqlite

import fynix_cli.scenario.servers.node
import fynix_server.maintenance.schema

__all__ = ["fakeredis", "fynix_cli", "fynix_server", "sqlalchemy"]

# Reads its table of commands, which takes longer than all else at the start of a server.
fakeredis.FakeServer()
# What is shared stays shared: a node that collects does not look at it.
gc.freeze()
