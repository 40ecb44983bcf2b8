"""What every chain's applicants are asked to agree to, until the chain writes its own words."""

from datetime import datetime
from typing import Any, Final

TERMS: Final = (
    "一、我申请办理本商户的会员卡，所填内容真实、准确，身份证件是我本人的。\n"
    "二、为办理实名登记，本商户收集并处理我的姓名、手机号、身份证件类型和号码；我选择上传证件照片的，还包括照片；"
    "我选择邮寄的，还包括地址。身份证件号码和照片属于敏感个人信息，我单独同意本商户为核实身份、办理会员卡而处理它们。\n"
    "三、证件号码和照片加密保存，只有审核人员可以查看，每次查看都有记录。照片在审核结束或领卡后删除。"
    "申请未通过或被我撤回的，我的个人资料按申请页所示的期限删除；办成的，转入会员档案。\n"
    "四、审核结束前我可以随时撤回申请。不同意以上内容，也可以带证件到门店办理。"
)


def install(terms_model: Any, *, using: str, published_at: datetime) -> None:
    """Add the first version to a schema that has none. For migrations: takes the model as the migration sees it."""
    terms_model.objects.using(using).get_or_create(version=1, defaults={"text": TERMS, "published_at": published_at})
