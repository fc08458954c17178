import os

from nvflare.lighter.spec import Builder


class Contact(Builder):
    """Puts a contact and the hospital's privacy rules into the kit."""

    def __init__(self, contact):
        self.contact = contact

    def build(self, project, ctx):
        for site in project.get_clients():
            local = ctx.get_local_dir(site)
            with open(os.path.join(local, "contact.txt"), "w") as file:
                file.write(f"Contact: {self.contact}\n")
            ctx.build_from_template(local, "sample_privacy", "privacy.json")
