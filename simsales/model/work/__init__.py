"""How work gets done: desks and queues, who gets a lead, meetings, hand-offs, the pipeline."""
