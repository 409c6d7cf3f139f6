"""PostgreSQL: the only truth. Models, migrations, sessions, the embedded server and the job queue."""
