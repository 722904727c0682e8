"""People with accounts."""

import factory
from allauth.account.models import EmailAddress

from accounts.models import User

PASSWORD = "learn-both-2026"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person whose address is verified and who signs in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    first_name = "Meena"
    last_name = "Raman"

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **kwargs: object) -> None:
        self.set_password(extracted or PASSWORD)
        self.save(update_fields=["password"])
        EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)
