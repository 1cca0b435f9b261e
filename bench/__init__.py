"""The performance table of the product: real server, real base, floors measured in the same run."""
