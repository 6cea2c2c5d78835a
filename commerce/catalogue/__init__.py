"""Products: what farms and kitchens sell."""
