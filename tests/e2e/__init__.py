"""The pages in a real browser, on a real server: what people do there, said in their words."""
