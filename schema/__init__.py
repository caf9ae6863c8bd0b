"""The store: tables, named queries, migrations. The only part that imports SQLAlchemy."""
