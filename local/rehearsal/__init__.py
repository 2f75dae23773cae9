"""`make rehearse`: the image on a real engine, as one container and as services, behind one origin.

Everything that a deployment does is done to it: the demo's story with supabase-js, kills, draining under load, little
memory, forward to another revision and back. Each line says what was seen. It takes some minutes, podman and root or a
user whom podman may serve; a base image is made where no registry can be reached (`BASE=` names another).
"""
