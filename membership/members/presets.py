"""The consent wordings that come with every chain. A chain publishes its own as it likes; these are where it begins."""

from datetime import datetime
from typing import Any, Final

WORDINGS: Final = (
    (
        "MARKETING",
        "我同意本商户通过我选择的方式向我发送促销活动信息。不同意不影响办卡和消费；我可以随时撤回，撤回后立即停止发送。",
    ),
    (
        "CARE",
        "我同意本商户使用我的生日和车辆信息，通过我选择的方式向我发送生日祝福和保养提醒。"
        "不同意不影响办卡和消费；我可以随时撤回，撤回后立即停止发送。",
    ),
    (
        "PROFILING",
        "我同意本商户分析我的消费记录，以便推荐合适的服务；分析结果不会使我在价格上受到不合理的差别对待。"
        "不同意不影响办卡和消费；我可以随时撤回，撤回后立即停止分析。",
    ),
)


def install(wording_model: Any, *, using: str, published_at: datetime) -> None:
    """Add the first version of each wording that a schema lacks. For migrations: takes the model as the migration sees
    it.
    """
    for purpose, text in WORDINGS:
        wording_model.objects.using(using).get_or_create(
            purpose=purpose, version=1, defaults={"text": text, "published_at": published_at}
        )
