"""Who works: people, the teams they are in, and the tasks that take their time."""
