"""What is held: where, how well proven, what is below the policy, and how it grew."""
