"""Work on a client's mail that needs the network: flattening SPF, moving DMARC on."""
