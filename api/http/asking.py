"""Asking the schema in this process: what documents are made of is what the API answers."""

from datetime import datetime
from typing import Any

import orjson

from db.database import Database
from rules.access import Viewer
from schema.compiler.plan import Plans
from schema.engine.context import Context
from schema.schema import SCHEMA


async def ask(database: Database, plans: Plans, viewer: Viewer, now: datetime, query: str, **variables: Any) -> Any:
    """The data; the first error is raised as it is."""
    context = Context(database, plans, now, viewer, operation_name=None)
    result = await SCHEMA.execute(query, variable_values=variables, context_value=context)
    for error in result.errors or ():
        raise error.original_error or error
    return orjson.loads(orjson.dumps(result.data))
