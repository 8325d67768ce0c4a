"""What the code is: parsing and syntax questions about Python source, finished or half-written."""
