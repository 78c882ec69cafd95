"""Pictures of a report as inline SVG, drawn from evidence. Colours are the page's, by class name."""
