"""DNS records of the API: types, names, validation, conflicts, listing, batches, zone files."""
