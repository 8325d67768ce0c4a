"""Which adapter the model is served with, whether it does well, and how the next one is trained."""
