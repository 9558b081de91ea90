"""Great Expectations: gates before what comes in and what is published. dbt tests what dbt builds."""
