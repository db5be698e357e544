"""Everything that the model card says in figures, measured by maskseg's own API and written as JSON and Markdown.

    python -m benchmarks.model_card --weights lite --start START.npz --fill        (from the checkout's folder)

`accuracy`, `misses`, `search`, `precisions` and `speed` measure, `report` gathers their figures, `tables` words them,
`sections` puts the tables into weights/README.md, README.md and docs/, and `limits` draws what the model gets wrong.
"""
