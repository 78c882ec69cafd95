"""Row input_validation: bad input is refused with 4xx, and never ends in a fault."""
