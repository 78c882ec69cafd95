"""What watches a launch, as AWS resources: one module for each, called by ``components.aws.shell``.

Creating what is already there under our name adopts it, so that a run that was killed can go on; deleting
what is gone already is done.
"""
