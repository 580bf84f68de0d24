"""Save and load routers: a folder of JSON and arrays. Loading executes nothing it loads.

.. code-block:: text

    router/
      router.json                   class, parameters, fitted values, versions, format number,
                                    names of the other files, a digest of all this
      arrays-<digest>.safetensors   every array and network weight
      objects-<digest>.skops        base models, if they were not left out (anyone's objects)

A router is its constructor's parameters and the attributes that end in an underscore. Each value
becomes plain JSON, an array, the weights of a network, or an object; a new router is saved without
new code here. The class is looked up among cede's own; a network is rebuilt from its head's name,
or from the module that the caller passes; objects are loaded by skops, type by trusted type.

Files are named by what they hold, and ``router.json`` names those that belong to it. It is written
last and takes the place of the old one in one step, so that who is interrupted leaves the old
router, who reads meanwhile finds the old one or the new one, and what is damaged is refused.
"""

from cede.routers.persistence._content import FORMAT as FORMAT
from cede.routers.persistence._load import load as load
from cede.routers.persistence._save import save as save

__all__ = ["FORMAT", "load", "save"]
