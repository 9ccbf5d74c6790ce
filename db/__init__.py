"""PostgreSQL: the tables, who sees which rows, and the acts that change them."""
