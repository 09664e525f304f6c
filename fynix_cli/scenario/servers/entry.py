"""Where the processes of nodes begin: light, since whoever starts them names what is here."""

from multiprocessing.connection import Connection

from fynix_cli.scenario.servers.node_plan import NodePlan


def serve(control: Connection, plan: NodePlan) -> None:
    """Serve. Says (READY, port) or (FAILED, why), and answers each order by (DONE, None)."""
    from fynix_cli.scenario.servers.node import run_node

    run_node(control, plan)


def migrate(control: Connection, plan: NodePlan) -> None:
    """Bring the plan's database up to date. Says (DONE, None) or (FAILED, why)."""
    from fynix_cli.scenario.servers.node import run_migrations

    run_migrations(control, plan)
