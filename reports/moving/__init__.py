"""What tiering is to do, and what it did: a plan as flows between stores, and history by month."""
