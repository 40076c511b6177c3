"""The editors' workplace, on the stock Django admin.

`site` is the site, `start` its first page. `record` and `corrections` are the ways to write: each fills a sheet
(`sheets`, `mending`), made of `forms`, made of `fields`; the preview of `measures.preview` follows, and the review on
the `desk`. `streams` and `tables` show the read models; `registry` puts them in place.
"""
