"""A small SQL writer for PostgreSQL, in the vocabulary of SQLAlchemy Core.

A statement is a tree of text and references. :func:`written` turns it into text with numbered parameters. Aliases and
numbers are assigned there, so that equal statements have equal texts.
"""

from db.sql.changes import Change as Change
from db.sql.changes import Delete as Delete
from db.sql.changes import Insert as Insert
from db.sql.changes import Update as Update
from db.sql.changes import delete as delete
from db.sql.changes import insert as insert
from db.sql.changes import insert_from as insert_from
from db.sql.changes import update as update
from db.sql.expressions import BIGINT as BIGINT
from db.sql.expressions import BOOLEAN as BOOLEAN
from db.sql.expressions import BYTES as BYTES
from db.sql.expressions import DATE as DATE
from db.sql.expressions import DOUBLE as DOUBLE
from db.sql.expressions import FALSE as FALSE
from db.sql.expressions import INSTANT as INSTANT
from db.sql.expressions import INTEGER as INTEGER
from db.sql.expressions import INTERVAL as INTERVAL
from db.sql.expressions import JSON as JSON
from db.sql.expressions import LOCAL_TIME as LOCAL_TIME
from db.sql.expressions import NULL as NULL
from db.sql.expressions import TEXT as TEXT
from db.sql.expressions import TRUE as TRUE
from db.sql.expressions import UUID as UUID
from db.sql.expressions import Column as Column
from db.sql.expressions import and_ as and_
from db.sql.expressions import any_ as any_
from db.sql.expressions import array as array
from db.sql.expressions import array_of as array_of
from db.sql.expressions import case as case
from db.sql.expressions import cast as cast
from db.sql.expressions import distinct as distinct
from db.sql.expressions import func as func
from db.sql.expressions import not_ as not_
from db.sql.expressions import or_ as or_
from db.sql.expressions import ordered as ordered
from db.sql.expressions import parameter as parameter
from db.sql.expressions import quote as quote
from db.sql.expressions import raw as raw
from db.sql.expressions import tuple_ as tuple_
from db.sql.sources import Cte as Cte
from db.sql.sources import From as From
from db.sql.sources import Query as Query
from db.sql.sources import Table as Table
from db.sql.sources import named as named
from db.sql.sources import rows_of as rows_of
from db.sql.statements import Select as Select
from db.sql.statements import Union as Union
from db.sql.statements import exists as exists
from db.sql.statements import select as select
from db.sql.statements import union as union
from db.sql.statements import union_all as union_all
from db.sql.writing import Node as Node
from db.sql.writing import Worded as Worded
from db.sql.writing import Written as Written
from db.sql.writing import written as written
