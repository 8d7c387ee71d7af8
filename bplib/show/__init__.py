"""What can be looked at without a live figure: plots with words for who cannot see them, and spreadsheets."""
