"""The editors' workplace, on the stock Django admin.

`site` is the site, `start` its first page; `record`, `corrections` and `review` are the ways to write, each over a
`sheet`, which is made of `forms`, which are made of `fields`; `streams` and `tables` show the read models; `registry`
puts them in place.
"""
