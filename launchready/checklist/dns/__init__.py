"""Row ``dns``: what name servers, the parent and a resolver say, against the client file and the RFCs."""
