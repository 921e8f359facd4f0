"""The browser tests as a package, whose fixtures end with its last test.

While playwright's synchronous interface is open an event loop counts as running in this thread, and
the views of the page would wait for it in whatever test comes next.
"""
