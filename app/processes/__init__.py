"""Running the product on one machine: processes, their log, their locks. Plain Python, knows nothing of Flask."""
