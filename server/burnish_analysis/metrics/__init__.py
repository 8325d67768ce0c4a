"""radon's numbers for Python code: complexity, maintainability, Halstead's and raw counts, what drives them and how they change."""
