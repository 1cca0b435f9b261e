# Empty on purpose: importing a model must not import a view.
