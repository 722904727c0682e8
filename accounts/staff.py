"""People in the CMS: admins make accounts and give roles; everybody chooses their own password."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.db import transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.users.forms import UserCreationForm, UserEditForm, UserForm
from wagtail.users.views.users import CreateView, IndexView, UserViewSet

from accounts.addresses import accept_address
from accounts.invitations import set_password_url
from accounts.models import User
from accounts.roles import refresh_staff_flag


class StaffForm(UserForm):
    """One name is enough; the admin who types an address vouches for it."""

    first_name = forms.CharField(label=_("First name, or the only name"), max_length=150)
    last_name = forms.CharField(label=_("Last name (optional)"), max_length=150, required=False)

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        proven = EmailAddress.objects.exclude(user_id=self.instance.pk).filter(verified=True, email=email)
        if proven.exists():
            raise forms.ValidationError(_("Another account has this email address."))
        return email

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user = super().save(commit=False)
        if user.pk is None:
            user.set_unusable_password()
        if commit:
            user.save()
            self.save_m2m()
            refresh_staff_flag(User.objects.filter(pk=user.pk))
            if "email" in self.changed_data:
                accept_address(user)
        return user


class StaffCreationForm(StaffForm, UserCreationForm):
    pass


class StaffEditForm(StaffForm, UserEditForm):
    pass


class StaffIndexView(IndexView):
    """The list of people; who signs in by email has no user name."""

    @cached_property
    def columns(self) -> list[Column]:
        columns = super().columns
        for column in columns:
            if column.name == User.USERNAME_FIELD:
                column.label = _("Email")
        return columns


class StaffCreateView(CreateView):
    """Makes the account and mails its owner a link to choose a password."""

    success_message = _("%(object)s can sign in once they open the link that we send them by email.")

    def save_instance(self) -> User:
        user = super().save_instance()
        get_adapter(self.request).send_invitation_mail(user.email, set_password_url(user))
        return user


class StaffViewSet(UserViewSet):
    """Wagtail's user pages without passwords."""

    index_view_class = StaffIndexView
    add_view_class = StaffCreateView

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return StaffEditForm if for_update else StaffCreationForm
