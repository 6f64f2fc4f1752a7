"""What is done with grid operators: kept, spoken to, listened to."""
