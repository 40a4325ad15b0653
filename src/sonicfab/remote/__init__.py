"""The work of this process on other machines: workers of Dask distributed, which stand near the switches.

What is worked is a `Task`: one command in one switch, as a frozen value. What to ask, what the answers mean, the
journal of a push and every decision stay here. A worker that dies loses nothing: Dask gives its task to another one,
and a step of a push that comes to a switch a second time is told what became of the first (`switch/guard.sh`).
"""
