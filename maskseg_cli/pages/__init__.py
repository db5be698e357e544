"""Web pages that need no network: their frame, pieces of HTML, small pictures, and charts as SVG."""
